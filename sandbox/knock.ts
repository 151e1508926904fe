import http from 'node:http'

type Knock = { method: 'GET' | 'HEAD' | 'POST'; headers?: Record<string, string>; body?: string }
type Answer = { status: number; body: string }

const ANSWER_TIMEOUT_MS = 5000

/** Asks an address that somebody wants to register; status 0 = no answer in time. */
export function knock(url: string, { method, headers = {}, body }: Knock): Promise<Answer> {
  return new Promise((resolve) => {
    const request = http.request(url, { method, headers, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text += chunk
      })
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
      answer.once('error', () => resolve({ status: 0, body: '' }))
    })
    request.setTimeout(ANSWER_TIMEOUT_MS, () => request.destroy(new Error('no answer in time')))
    request.once('error', () => resolve({ status: 0, body: '' }))
    request.end(body)
  })
}
