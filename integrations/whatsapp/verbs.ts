// Everything we ask of the WhatsApp Cloud API for one sending number: messages, media, templates. Sends are not safe to
// repeat when their answer is lost; all the rest is.

import type { CallContext } from '../client.ts'

/** A person, by phone number or by the user id WhatsApp gives out per business, as some people show no number. */
type Recipient =
  | {
      /** E.164, e.g. `+16505551234`. */
      to: string
      recipient?: undefined
    }
  | {
      to?: undefined
      /** Business-scoped user id, e.g. `US.13491208655302741918`. It changes when the person's number changes. */
      recipient: string
    }

interface SendOptions {
  /** Id (`wamid.…`) of the message this one answers. */
  replyTo?: string | undefined
}

/** Leads from a status webhook to our record of the message; without it a lost answer stays lost. */
interface Correlation {
  /** Our delivery id; comes back in every status webhook. At most 512 characters. */
  callbackData: string
}

/** A file WhatsApp has, or one it fetches. */
export type MediaSource =
  | {
      /** As `uploadMedia` or a webhook gave it. */
      id: string
      link?: undefined
    }
  | {
      id?: undefined
      /** Address that WhatsApp can read without a password. */
      link: string
    }

/** Fills the placeholder or the place for media in a template's header. */
export type TemplateHeader =
  | {
      text: string
      /** For templates whose placeholders have names. */
      parameterName?: string | undefined
    }
  | (MediaSource & { kind: 'image' | 'video' | 'document'; fileName?: string | undefined })

export type SendWhatsappTemplateInput = Recipient &
  SendOptions &
  Correlation & {
    /** Name of an approved template. */
    template: string
    /** E.g. `en_US`, as the template was approved. */
    language: string
    header?: TemplateHeader | undefined
    /** Values of the body's placeholders, in order or by name. Line breaks become spaces: WhatsApp refuses them. */
    bodyParameters: readonly string[] | Readonly<Record<string, string>>
    /** The end of the address of each URL button that has a placeholder; `index` counts all buttons from 0. */
    urlButtons?: readonly { index: number; text: string }[] | undefined
  }

export type SendWhatsappTextInput = Recipient &
  SendOptions &
  Partial<Correlation> & {
    /** At most 4,096 characters. */
    text: string
    /** Shows a preview of the first link; default false. */
    previewUrl?: boolean | undefined
  }

export type SendWhatsappMediaInput = Recipient &
  SendOptions &
  Partial<Correlation> &
  MediaSource &
  (
    | { kind: 'audio' }
    | {
        kind: 'image' | 'video'
        /** At most 1,024 characters. */
        caption?: string | undefined
      }
    | {
        kind: 'document'
        /** At most 1,024 characters. */
        caption?: string | undefined
        /** Its ending decides which icon the person sees. */
        fileName?: string | undefined
      }
  )

/** A message WhatsApp accepted, which is not yet delivered. */
export interface SentWhatsapp {
  /** `wamid.…` */
  messageId: string
  /** The recipient as WhatsApp knows them; may differ from `to` by digits (Brazil, Mexico, Argentina). Undefined for
   * somebody who shows no number. */
  waId: string | undefined
  /** Business-scoped user id, if WhatsApp told it. */
  userId: string | undefined
  /** accepted, held_for_quality_assessment or paused. */
  status: string
}

export interface WhatsappNumber {
  displayPhoneNumber: string | undefined
  verifiedName: string | undefined
  /** GREEN, YELLOW, RED or UNKNOWN. */
  qualityRating: string | undefined
}

export interface UploadMediaInput {
  /** With its MIME type. `fs.openAsBlob` makes one that is read while it is sent. */
  file: Blob
  fileName: string
}

export interface MediaInfo {
  id: string
  /** Valid for five minutes, and only together with our token: hand it to nobody. */
  url: string
  mimeType: string
  sha256: string
  /** In bytes. */
  fileSize: number
}

export interface MediaFile {
  bytes: Buffer
  mimeType: string
}

export interface RemoteTemplate {
  name: string
  language: string
  /** APPROVED, PENDING, REJECTED, PAUSED, DISABLED, … */
  status: string
  /** MARKETING, UTILITY or AUTHENTICATION. */
  category: string
  body: string
  /** Placeholders of the body: `1`, `2`, … or names, each once. */
  variables: string[]
  /** Header, body, footer and buttons, as Meta describes them. */
  components: { type: string; [field: string]: unknown }[]
  /** GREEN, YELLOW, RED or UNKNOWN. */
  quality: string | undefined
}

export interface TemplatePage {
  templates: RemoteTemplate[]
  /** Hand it back for the next page; undefined when there is none. */
  next: string | undefined
}

export interface Whatsapp {
  /** Reaches WhatsApp, is let in, and reads the state of the sending number. */
  check(context: CallContext): Promise<WhatsappNumber>

  /** Not safe to repeat. The only kind of message outside the 24 hours after the person wrote. */
  sendTemplate(input: SendWhatsappTemplateInput, context: CallContext): Promise<SentWhatsapp>
  /** Not safe to repeat. @throws VendorError `131047` when more than 24 hours have passed since the person wrote */
  sendText(input: SendWhatsappTextInput, context: CallContext): Promise<SentWhatsapp>
  /** Not safe to repeat. @throws VendorError `131047` when more than 24 hours have passed since the person wrote */
  sendMedia(input: SendWhatsappMediaInput, context: CallContext): Promise<SentWhatsapp>
  /** Shows the person two blue ticks at a message of theirs and all before it. */
  markRead(messageId: string, context: CallContext): Promise<void>

  /** WhatsApp keeps it for 30 days. A repeat leaves a second copy. */
  uploadMedia(input: UploadMediaInput, context: CallContext): Promise<{ mediaId: string }>
  mediaInfo(mediaId: string, context: CallContext): Promise<MediaInfo>
  /** Into memory. `maxBytes`: default 16 MB, which holds every kind but large documents (up to 100 MB). */
  downloadMedia(input: { mediaId: string; maxBytes?: number }, context: CallContext): Promise<MediaFile>
  deleteMedia(mediaId: string, context: CallContext): Promise<void>

  /** One page of at most 100. @throws VendorError `NO_WABA_ID` when the account's id is not in the settings */
  templates(page: { after?: string | undefined }, context: CallContext): Promise<TemplatePage>
  /** Needed once per business account, or no webhook ever comes. @throws VendorError `NO_WABA_ID` as above */
  subscribeApp(context: CallContext): Promise<void>
}
