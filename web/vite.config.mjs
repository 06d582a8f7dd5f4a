/** The page's bundle. scripts/lib/bundle.mjs runs this with the program's own build; its files end beside the chunks. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  clearScreen: false,
  logLevel: 'warn',
  build: {
    target: 'es2022',
    // The policy of the page lets in no data: scripts, and files of their own are cached for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
