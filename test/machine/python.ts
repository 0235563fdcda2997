import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installWithApt, reason } from './apt.ts'

/**
 * A library of Python in the version that is named, installed beside the project and kept for the next run. @returns its folder, for
 * `PYTHONPATH`
 * @throws {Error} that says what is missing
 */
export function installPythonLibrary(name: string, version: string): string {
  const folder = join(tmpdir(), `countersign-${name}-${version}`)
  if (existsSync(folder)) return folder
  const failures: string[] = []
  const hasPip = () => spawnSync('python3', ['-m', 'pip', '--version']).status === 0
  if (!hasPip()) installWithApt('python3-pip', failures)
  // Beside its place, so that two runs at once do not find a half.
  const made = mkdtempSync(`${folder}-`)
  const steps = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', made, `${name}==${version}`]
  const run = spawnSync('python3', steps, { encoding: 'utf8', timeout: 240_000 })
  if (run.status !== 0) {
    rmSync(made, { recursive: true, force: true })
    throw new Error(`Python 3 with pip is needed to install ${name} (${[...failures, reason(run)].join('; ')}).`)
  }
  if (existsSync(folder)) rmSync(made, { recursive: true, force: true })
  else renameSync(made, folder)
  return folder
}

/** Runs a program of Python without holding up this process, and gives what it prints, as JSON. @throws {Error} with what it said when it fails */
export function runPython(program: string, folder: string, env: Readonly<Record<string, string>>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', program], { env: { PATH: process.env.PATH, PYTHONPATH: folder, ...env } })
    const killer = setTimeout(() => child.kill('SIGKILL'), 60_000)
    let [printed, said] = ['', '']
    child.stdout.on('data', (part: Buffer) => {
      printed += part
    })
    child.stderr.on('data', (part: Buffer) => {
      said += part
    })
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(killer)
      if (code === 0) resolve(JSON.parse(printed))
      else reject(new Error(`Python ended with ${code}: ${said}`))
    })
  })
}
