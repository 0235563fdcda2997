/** Kinds that can be somebody's second step, the strongest first. Backup codes only ever come on top of one of them. */
export const methods: readonly string[] = ['totp', 'email', 'sms', 'voice']

/** Those whose code is sent. They are weaker: who takes over a mailbox or a number has the code. */
export const sentMethods: readonly string[] = ['email', 'sms', 'voice']
