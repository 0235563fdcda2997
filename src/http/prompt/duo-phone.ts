import type { FastifyRequest } from 'fastify'
import type { DuoView } from '#contract/sign-in.ts'
import type { StepView } from '#flows/sign-in.ts'
import type { Words } from '#words/words.ts'
import { textOf } from './page.ts'
import { duoDevicesPage, duoPushPage } from './pages/duo-push.ts'
import { type EnrollDuoManagedView, enrollDuoManagedPage } from './pages/enroll-duo-managed.ts'
import { qrCode } from './qr-code.ts'

type Common = Omit<EnrollDuoManagedView, 'activation' | 'qrSvg' | 'now' | 'isChecked' | 'kinds'>

/** The page of a step that waits for somebody's phone; undefined where none does, so that the step has its usual page. */
export async function duoPhonePage(
  request: FastifyRequest,
  now: Date,
  common: Common,
  step: Extract<StepView, { readonly step: 'answer' | 'enroll' }>,
  duo: DuoView,
  words: Words,
): Promise<string | undefined> {
  const isChecked = textOf(request.query, 'checked') !== ''
  const { intent, kinds } = step
  const hasBackupCodes = step.step === 'answer' && kinds.includes('backup-codes')
  const view = { ...common, intent, duo, now, isChecked, address: request.ip, hasBackupCodes, isSetUp: step.step === 'enroll' }
  const { push, devices, activation } = duo
  if (push) return duoPushPage({ ...view, duo: { ...duo, push } }, words)
  if (devices && devices.length > 0) return duoDevicesPage(view, words)
  if (step.step !== 'enroll' || !activation) return undefined
  const { uri } = activation
  const qrSvg = uri === undefined ? {} : { qrSvg: await qrCode(uri) }
  return enrollDuoManagedPage({ ...common, activation, now, isChecked, kinds, ...qrSvg }, words)
}
