import { newSigningKey } from '#crypto/signing.ts'
import { addSigningKey, dropSigningKey, listSigningKeys, type SigningKey } from '#store/oidc-keys.ts'
import type { Rooms } from './rooms.ts'

const day = 86_400_000

type SigningRooms = Pick<Rooms, 'store' | 'keys' | 'now'>

/** A key signs for ninety days. The next one is published a day before, and the last one for a day after: nobody need be down for it. */
const signsForDays = 90
const overlapDays = 1

/** The keys of this moment: the one that signs first, then the others that applications may meet. */
export async function signingKeys(rooms: Rooms): Promise<readonly SigningKey[]> {
  const { db } = rooms.store
  const now = rooms.now().getTime()
  let all = await listSigningKeys(db, rooms.keys)
  const [newest] = all
  const nextFrom = newest ? newest.signsFrom.getTime() + signsForDays * day : now
  if (now >= nextFrom - overlapDays * day) {
    await addKey(rooms, newest, new Date(Math.max(now, newest ? Math.max(nextFrom, now + overlapDays * day) : now)))
    all = await listSigningKeys(db, rooms.keys)
  }
  return inOrder(all, now)
}

/** Has a new key take over in a day, whatever the age of the one that signs now; where one is to take over already, it is that one. */
export async function rotateSigningKey(rooms: SigningRooms): Promise<SigningKey | undefined> {
  const [newest] = await listSigningKeys(rooms.store.db, rooms.keys)
  if (newest && newest.signsFrom > rooms.now()) return newest
  await addKey(rooms, newest, new Date(rooms.now().getTime() + (newest ? overlapDays * day : 0)))
  return (await listSigningKeys(rooms.store.db, rooms.keys))[0]
}

async function addKey(rooms: SigningRooms, newest: SigningKey | undefined, signsFrom: Date): Promise<void> {
  await addSigningKey(rooms.store.db, rooms.keys, { number: (newest?.number ?? 0) + 1, ...(await newSigningKey()), signsFrom })
}

function inOrder(all: readonly SigningKey[], now: number): readonly SigningKey[] {
  const signing = all.find(({ signsFrom }) => signsFrom.getTime() <= now) ?? all.at(-1)
  if (!signing) return []
  const coming = all.filter(({ number }) => number > signing.number)
  const isOver = signing.signsFrom.getTime() + overlapDays * day < now
  const last = isOver ? [] : all.filter(({ number }) => number === signing.number - 1)
  return [signing, ...coming, ...last]
}

/** Forgets keys that nothing is checked by any more. */
export async function sweepSigningKeys(rooms: Rooms): Promise<void> {
  const all = await listSigningKeys(rooms.store.db, rooms.keys)
  const kept = new Set(inOrder(all, rooms.now().getTime()).map(({ number }) => number))
  for (const { number } of all) if (!kept.has(number)) await dropSigningKey(rooms.store.db, number)
}
