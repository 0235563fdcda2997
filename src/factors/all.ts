import type { Factor } from '#domain/factor.ts'
import { authAnvilPasscodes } from './authanvil/passcodes.ts'
import { type BackupCodesOptions, backupCodes } from './backup-codes.ts'
import { duoApprovals } from './duo/approvals.ts'
import { oneTimePass } from './one-time-pass.ts'
import { type SentCodesOptions, sentCodes } from './sent-codes.ts'
import { type TotpOptions, totp } from './totp.ts'

/** The one list of kinds. A new factor is a module beside this file and a line here. */
export function allFactors(options: TotpOptions & BackupCodesOptions & SentCodesOptions): readonly Factor[] {
  return [totp(options), duoApprovals, authAnvilPasscodes, ...sentCodes(options), backupCodes(options), oneTimePass(options)]
}
