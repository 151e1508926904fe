/** How the name of a job appears in the API. */

const words = (name: string) => name.split(/[.-]/)
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

/** `lead.created` → `LEAD_CREATED` */
export const enumName = (name: string) => words(name).join('_').toUpperCase()

/** `lead.created` → `enqueueLeadCreated` */
export const mutationName = (name: string) => `enqueue${words(name).map(capital).join('')}`

/** `lead.created` → `EnqueueLeadCreatedInput` */
export const inputTypeName = (name: string) => `${capital(mutationName(name))}Input`
