import type { Utm } from '../entities/lead.ts'
import type { Api } from './api.ts'
import { maxChildren } from './loaders.ts'

/** A person who may become a customer. */
export function leadType({ builder, Lead, LeadStatus, ConsentState, Node, Message, Campaign }: Api): void {
  const UtmParameters = builder.objectRef<Utm>('UtmParameters').implement({
    description: 'UTM parameters of the page a lead came by.',
    fields: (t) => ({
      source: t.exposeString('source', { description: 'utm_source, e.g. newsletter.', nullable: true }),
      medium: t.exposeString('medium', { description: 'utm_medium, e.g. email.', nullable: true }),
      campaign: t.exposeString('campaign', { description: 'utm_campaign.', nullable: true }),
      term: t.exposeString('term', { description: 'utm_term.', nullable: true }),
      content: t.exposeString('content', { description: 'utm_content.', nullable: true }),
    }),
  })
  Lead.implement({
    description: 'A person who may become a customer of the workspace.',
    interfaces: [Node],
    fields: (t) => ({
      email: t.exposeString('email', { description: 'The e-mail address, lower-cased.', nullable: true }),
      phone: t.exposeString('phone', { nullable: true, description: 'E.164, e.g. +34612345678.' }),
      firstName: t.exposeString('firstName', { description: 'The first name.', nullable: true }),
      lastName: t.exposeString('lastName', { description: 'The last name.', nullable: true }),
      company: t.exposeString('company', { description: 'The company.', nullable: true }),
      locale: t.exposeString('locale', { nullable: true, description: 'BCP 47, e.g. es-MX.' }),
      timeZone: t.exposeString('timeZone', { nullable: true, description: 'IANA name, e.g. Europe/Madrid.' }),
      source: t.exposeString('source', {
        description: 'Where the lead came from, e.g. landing-page.',
        nullable: true,
      }),
      utm: t.field({
        description: 'UTM parameters of the page the lead came by.',
        type: UtmParameters,
        resolve: ({ utm }) => utm,
      }),
      tags: t.exposeStringList('tags', { description: 'Tags.' }),
      customFields: t.field({
        description: 'Further fields of your own: texts by name.',
        type: 'JSON',
        resolve: ({ customFields }) => customFields,
      }),
      status: t.expose('status', { description: 'How far the person is.', type: LeadStatus }),
      emailConsent: t.expose('emailConsent', {
        description: 'Whether the person agreed to e-mail.',
        type: ConsentState,
      }),
      emailConsentAt: t.expose('emailConsentAt', {
        description: 'When the person said so.',
        type: 'DateTime',
        nullable: true,
      }),
      whatsappConsent: t.expose('whatsappConsent', {
        description: 'Whether the person agreed to WhatsApp.',
        type: ConsentState,
      }),
      whatsappConsentAt: t.expose('whatsappConsentAt', {
        description: 'When the person said so.',
        type: 'DateTime',
        nullable: true,
      }),
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
