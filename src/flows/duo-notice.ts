import type { DuoNoticeChange, DuoNotice as NoticeView } from '#contract/duo.ts'
import { Problem } from '#domain/problem.ts'
import { note } from '#store/audit.ts'
import { changeDuoNotice, findDuoNotice } from '#store/duo-notice.ts'
import { authorize } from './organizations.ts'
import type { Rooms, Visit } from './rooms.ts'
import { requireFreshSession, requireSession } from './session.ts'

/** What the provider says beside the settings of Duo, here and in its sites. @throws {Problem} `forbidden`, `not-found` */
export async function duoNoticeOf(rooms: Rooms, visit: Visit, organizationId: string): Promise<NoticeView> {
  const session = await requireSession(rooms, visit)
  const { id } = await authorize(rooms.store.db, session, organizationId, 'see-policy')
  const { changedBy: _by, ...notice } = await findDuoNotice(rooms.store.db, id)
  return notice
}

/**
 * Writes it; without a text it is taken away. The button leads to https only, and to no address with a name and a password in it.
 *
 * @throws {Problem} `invalid-duo` with the field, `moved-on` with who was faster, `forbidden`, `proof-required`
 */
export async function changeDuoNoticeOf(rooms: Rooms, visit: Visit, organizationId: string, change: DuoNoticeChange): Promise<NoticeView> {
  const first = await requireSession(rooms, visit)
  await authorize(rooms.store.db, first, organizationId, 'change-duo-notice')
  const session = await requireFreshSession(rooms, visit)
  const notice = noticeOf(change)
  await rooms.store.transaction(async (db) => {
    const { id } = await authorize(db, session, organizationId, 'change-duo-notice')
    const { version: _version, changedBy, ...before } = await findDuoNotice(db, id)
    const next = { organizationId: id, ...notice, version: change.version, changedBy: session.userId }
    if (!(await changeDuoNotice(db, rooms.now(), next))) throw new Problem('moved-on', changedBy === null ? {} : { changedBy: [changedBy] })
    await note(db, rooms.now(), visit, {
      action: 'duo.notice-changed',
      organizationId: id,
      actorId: session.userId,
      detail: { from: before, to: notice },
    })
  })
  return duoNoticeOf(rooms, visit, organizationId)
}

function noticeOf({ text, label, url }: DuoNoticeChange) {
  const [words, name, address] = [text.trim(), label?.trim() ?? '', url?.trim() ?? '']
  if (words === '') return { text: '', label: null, url: null }
  if (name === '' && address === '') return { text: words, label: null, url: null }
  if (name === '') throw new Problem('invalid-duo', { reason: 'notice.label' })
  const parsed = URL.canParse(address) ? new URL(address) : undefined
  if (parsed?.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '')
    throw new Problem('invalid-duo', { reason: 'notice.url' })
  return { text: words, label: name, url: parsed.href }
}
