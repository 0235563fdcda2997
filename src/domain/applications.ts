export interface ApplicationFault { readonly field: string; readonly value?: string }
