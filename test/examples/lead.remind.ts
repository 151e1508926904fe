import { z } from 'zod'
import { sendMessage } from '../../marketing/messages/send-message.ts'
import { defineJob } from '../../workers/define-job.ts'

interface Input {
  leadId: string
  appointmentId: string
}

/** Reminds a lead of an appointment: by e-mail, and where that must not be, by WhatsApp. */
export const leadRemind = defineJob<Input, never, { email: string; whatsapp?: string }>({
  name: 'lead.remind',
  description: 'Reminds a lead of an appointment.',
  input: z.strictObject({ leadId: z.string(), appointmentId: z.string() }),
  mutation: { permission: 'leads:write' },
  subject: ({ leadId }) => ({ leadId }),
  async run({ leadId, appointmentId }, context) {
    const message = { leadId, purpose: 'appointment-reminder', occurrence: appointmentId }
    const variables = { first_name: { lead: 'firstName', or: 'there' } }
    const email = await sendMessage(context, {
      ...message,
      channel: 'EMAIL',
      template: 'reminder',
      variables,
    })
    if (email.outcome !== 'SKIPPED') return { email: email.outcome }
    const whatsapp = await sendMessage(context, {
      ...message,
      channel: 'WHATSAPP',
      template: 'appointment_reminder',
      languages: ['en', 'de'],
      variables: { 1: variables.first_name },
    })
    return { email: email.reason, whatsapp: whatsapp.outcome }
  },
})
