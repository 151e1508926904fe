/** What people write when they want no more messages, or want them again. */

const stop = [
  // English
  ...[
    'stop',
    'stopall',
    'stop all',
    'unsubscribe',
    'opt out',
    'optout',
    'end',
    'quit',
    'cancel',
    'stop promotions',
  ],
  // Spanish
  ...[
    'baja',
    'alto',
    'parar',
    'detener',
    'cancelar',
    'no mas',
    'dar de baja',
    'darme de baja',
    'detener promociones',
  ],
  // Portuguese
  ...['sair', 'descadastrar', 'cancelar inscricao', 'remover', 'parar promocoes'],
  // German
  ...['stopp', 'abmelden', 'abbestellen', 'austragen', 'keine werbung', 'werbung stoppen'],
  // French
  ...['arret', 'arreter', 'desabonner', 'desabonnement', 'se desabonner', 'desinscription'],
  // Italian
  ...['ferma', 'fermare', 'basta', 'disiscrivi', 'disiscrivimi', 'cancellami'],
  // Dutch
  ...['afmelden', 'uitschrijven', 'stoppen'],
  // Polish, Turkish
  ...['wypisz', 'rezygnuje', 'dur', 'iptal'],
]

const start = [
  ...['start', 'unstop', 'subscribe', 'opt in', 'optin'],
  ...['alta', 'darme de alta', 'suscribir', 'suscribirme', 'inscrever', 'voltar'],
  ...[
    'anmelden',
    'abonnieren',
    'sabonner',
    'reabonner',
    'iscrivimi',
    'iscriviti',
    'aanmelden',
    'inschrijven',
  ],
]

const [stops, starts] = [new Set(stop), new Set(start)]

/**
 * Reads a message as a wish about further ones. Only a message that is nothing but such a word counts: "when does it stop?"
 * is a question.
 */
export function wishIn(text: string | null): 'STOP' | 'START' | undefined {
  const word = plain(text ?? '')
  if (stops.has(word)) return 'STOP'
  return starts.has(word) ? 'START' : undefined
}

/** Small letters without accents and punctuation. */
function plain(text: string): string {
  return text
    .slice(0, 100)
    .normalize('NFD')
    .replace(/[^\p{L}\p{N}\s]/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
}
