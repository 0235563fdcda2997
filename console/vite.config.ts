import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Where `npm start` listens; the development server hands everything that is not the Console to it. */
const server = 'http://127.0.0.1:8080'

/** Compresses once here what the server would otherwise compress for every visitor, or not at all. */
function precompressed(): Plugin {
  return {
    name: 'precompressed',
    apply: 'build',
    generateBundle: {
      // After everybody else: until then the files are still being changed.
      order: 'post',
      async handler(_options, bundle) {
        for (const [fileName, file] of Object.entries(bundle)) {
          if (!/\.(js|css)$/.test(fileName)) continue
          const content = file.type === 'chunk' ? file.code : file.source
          for (const [suffix, format] of [
            ['br', 'brotli'],
            ['gz', 'gzip'],
          ] as const) {
            const squeezed = new Blob([content]).stream().pipeThrough(new CompressionStream(format))
            this.emitFile({ type: 'asset', fileName: `${fileName}.${suffix}`, source: await new Response(squeezed).bytes() })
          }
        }
      },
    },
  }
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), precompressed()],
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    assetsDir: 'assets/console',
    // The Content-Security-Policy knows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/api', '/sign-in', '/inbox', '/assets/tokens.css', '/assets/prompt.css', '/assets/prompt.js'].map((path) => [path, server]),
    ),
  },
})
