import type { Factor } from '#domain/factor.ts'
import { type BackupCodesOptions, backupCodes } from './backup-codes.ts'
import { oneTimePass } from './one-time-pass.ts'
import { type TotpOptions, totp } from './totp.ts'

/** The one list of kinds. A new factor is a module beside this file and a line here. */
export function allFactors(options: TotpOptions & BackupCodesOptions): readonly Factor[] {
  return [totp(options), backupCodes(options), oneTimePass(options)]
}
