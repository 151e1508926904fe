import { defineEntity } from '@mikro-orm/core'
import { code, time } from './columns.ts'

/** How far a queue's event stream has been projected; committed together with the rows it changed. */
const StreamPositionSchema = defineEntity({
  name: 'StreamPosition',
  tableName: 'stream_position',
  properties: {
    queue: code(64).primary(),
    eventId: code(40),
    updatedAt: time(),
  },
})

export class StreamPosition extends StreamPositionSchema.class {}
StreamPositionSchema.setClass(StreamPosition)
