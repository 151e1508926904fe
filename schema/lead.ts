import type { Utm } from '../entities/lead.ts'
import type { Api } from './api.ts'
import { maxChildren } from './loaders.ts'

/** A person who may become a customer. */
export function leadType({ builder, Lead, LeadStatus, ConsentState, Node, Message, Campaign }: Api): void {
  const UtmParameters = builder.objectRef<Utm>('UtmParameters').implement({
    fields: (t) => ({
      source: t.exposeString('source', { nullable: true }),
      medium: t.exposeString('medium', { nullable: true }),
      campaign: t.exposeString('campaign', { nullable: true }),
      term: t.exposeString('term', { nullable: true }),
      content: t.exposeString('content', { nullable: true }),
    }),
  })
  Lead.implement({
    description: 'A person who may become a customer of the workspace.',
    interfaces: [Node],
    fields: (t) => ({
      email: t.exposeString('email', { nullable: true }),
      phone: t.exposeString('phone', { nullable: true, description: 'E.164, e.g. +34612345678.' }),
      firstName: t.exposeString('firstName', { nullable: true }),
      lastName: t.exposeString('lastName', { nullable: true }),
      company: t.exposeString('company', { nullable: true }),
      locale: t.exposeString('locale', { nullable: true, description: 'BCP 47, e.g. es-MX.' }),
      timeZone: t.exposeString('timeZone', { nullable: true, description: 'IANA name, e.g. Europe/Madrid.' }),
      source: t.exposeString('source', { nullable: true }),
      utm: t.field({ type: UtmParameters, resolve: ({ utm }) => utm }),
      tags: t.exposeStringList('tags'),
      customFields: t.field({ type: 'JSON', resolve: ({ customFields }) => customFields }),
      status: t.expose('status', { type: LeadStatus }),
      emailConsent: t.expose('emailConsent', { type: ConsentState }),
      emailConsentAt: t.expose('emailConsentAt', { type: 'DateTime', nullable: true }),
      whatsappConsent: t.expose('whatsappConsent', { type: ConsentState }),
      whatsappConsentAt: t.expose('whatsappConsentAt', { type: 'DateTime', nullable: true }),
      externalIds: t.field({
        type: 'JSON',
        description: 'What other systems call this lead.',
        resolve: ({ externalIds }) => externalIds,
      }),
      campaign: t.field({
        type: Campaign,
        nullable: true,
        resolve: ({ campaignId }, _, { loaders }) => (campaignId ? loaders.campaign.load(campaignId) : null),
      }),
      messages: t.field({
        type: [Message],
        description: `What was sent, or not, and why; the newest ${maxChildren}.`,
        resolve: ({ id }, _, { loaders }) => loaders.messages.load(id),
      }),
      version: t.exposeInt('version', {
        description: 'Rises with each change; give it to `updateLead` to not overwrite a change of others.',
      }),
      erasedAt: t.expose('erasedAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'When the person was erased. Nothing is sent or changed any more, and what is personal goes with the job `lead.erase`.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  })
}
