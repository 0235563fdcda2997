import { readdirSync } from 'node:fs'
import { chromium } from 'playwright-core'

const [dir = '', suffix = '', cols = '6', rows = '2', w = '258', h = '720', out = ''] = process.argv.slice(2)
const files = readdirSync(dir)
  .filter((f) => f.endsWith(`.${suffix}.png`))
  .sort()
const per = Number(cols) * Number(rows)
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--allow-file-access-from-files'] })
const page = await browser.newPage({ viewport: { width: Number(cols) * (Number(w) + 4), height: Number(rows) * (Number(h) + 18) } })
for (let at = 0, s = 0; at < files.length; at += per, s++) {
  const cells = files
    .slice(at, at + per)
    .map((f) => `<figure><figcaption>${f.split('.')[0]}</figcaption><div><img src="file://${dir}/${f}"></div></figure>`)
  const { writeFileSync } = await import('node:fs')
  writeFileSync(
    '/tmp/sheets/x.html',
    `<style>body{margin:0;display:flex;flex-wrap:wrap;background:#aaa}figure{margin:0 4px 0 0;width:${w}px}figcaption{font:12px/16px sans-serif;height:16px;color:#c00;background:#fff}div{height:${h}px;overflow:hidden;border:1px solid #c0c}img{width:100%}</style>${cells.join('')}`,
  )
  await page.goto('file:///tmp/sheets/x.html')
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: `/tmp/sheets/${out}-${s}.png` })
}
await browser.close()
