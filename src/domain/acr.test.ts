import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acrsOf, authenticatedAt } from './acr.ts'
import { type Evidence, passwordEvidence } from './assurance.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 5, 1, 12, minute))
const password = passwordEvidence(at(0))
const evidence = (kind: string, more: Partial<Evidence> = {}): Evidence => ({ kind, proves: ['have'], amr: ['otp'], at: at(1), ...more })

test('a class is reached by what was proved, and each holds all that are weaker', () => {
  assert.deepEqual(acrsOf([password]), ['urn:countersign:acr:1'])
  assert.deepEqual(acrsOf([password, evidence('email', { proves: ['mailbox'] })]), ['urn:countersign:acr:1'])
  assert.deepEqual(acrsOf([evidence('totp'), evidence('backup-codes')]), ['urn:countersign:acr:1'], 'two of a kind never add up')
  assert.deepEqual(acrsOf([password, evidence('totp')]), ['urn:countersign:acr:2', 'urn:countersign:acr:1'])
  assert.deepEqual(acrsOf([password, evidence('passkey')]), ['phr', 'urn:countersign:acr:2', 'urn:countersign:acr:1'])
  assert.deepEqual(acrsOf([evidence('passkey')]), ['urn:countersign:acr:1'], 'a touch alone is one factor')
})

test('somebody is proved since the oldest of what that rests on', () => {
  assert.deepEqual(authenticatedAt([evidence('totp'), password]), at(0))
})
