/** A row of a table as plain data. */
export type Row<Entity> = { [K in keyof Entity as K extends symbol ? never : K]: Entity[K] }
