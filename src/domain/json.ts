/** What survives a round trip through a JSON column. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
