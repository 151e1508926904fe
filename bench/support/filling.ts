import type { Em } from '../../entities/index.ts'

/** Rows like real ones: they have something of their own, and otherwise say what others say too. */

const batch = 50_000

const phrases = [
  'Thank you for your interest in our services',
  'we would be glad to hear from you',
  'a first meeting costs nothing',
  'please tell us when it suits you',
  'our team looks forward to working together',
  'campaign of the summer season',
  'newsletter about gardens and terraces',
  'terms and conditions may change',
  'you can unsubscribe at any time',
  'best regards from all of us',
  'the offer is good until the end of the month',
  'reply to this message with any questions',
  'delivered and opened on a telephone',
  'created by the form on the front page',
  'prefers to be called in the afternoon',
  'came by recommendation of a customer',
]

/** Makes the table `filling` of about so many bytes, with SQL alone. */
export async function fill(em: Em, bytes: number): Promise<void> {
  await em.execute(`create table filling (
    id bigint primary key, email varchar(100) not null, token char(32) not null, created_at datetime(3) not null,
    note text not null, key (email))`)
  for (let first = 1; ; first += batch) {
    await em.execute(`insert into filling
      select seq, concat('lead-', seq, '@example.com'), md5(seq), '2026-01-01' + interval seq second, ${noteSql()}
      from seq_${first}_to_${first + batch - 1}`)
    const [row] = await em.execute<{ bytes: string }[]>(
      `select sum(${rowBytes}) * ${first + batch - 1} / count(*) as bytes from filling where id <= 1000`,
    )
    if (Number(row?.bytes) >= bytes) return
  }
}

/** Of a row in a dump, about. */
const rowBytes = 'length(note) + length(email) + 32 + 24 + 24'

function noteSql(): string {
  const texts = phrases.map((phrase) => `'${phrase}'`).join(', ')
  const parts = Array.from(
    { length: 12 },
    (_, index) => `elt(1 + crc32(concat(seq, '-${index}')) % ${phrases.length}, ${texts})`,
  )
  return `concat_ws('. ', ${parts.join(', ')}, sha1(seq))`
}

/** Changes one row of a hundred, all of them new ones: that is where a database changes most. */
export async function changeLittle(em: Em): Promise<void> {
  await em.execute(
    `update filling set note = concat('Changed. ', note)
     where id > (select cut from (select max(id) * 0.99 as cut from filling) newest)`,
  )
}
