import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { devRoutes } from './build/dev-routes.ts';
import { mantineTheme } from './build/mantine-theme.ts';

/** Where `npm run dev` finds a running `tmk serve --demo`. */
const server = process.env.TMK_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), mantineTheme(), devRoutes()],
  // Browsers of the last four years; older ones get a plain notice from the page itself.
  build: {
    target: ['es2022', 'safari15.4', 'chrome100', 'firefox100'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // data: URLs of fonts and scripts would need a wider CSP
    chunkSizeWarningLimit: 1000,
    emptyOutDir: true,
    rollupOptions: { input: ['room.html', 'portal.html', 'demo.html'] },
  },
  server: {
    proxy: {
      '/v1': server,
      '/demo/api': server,
      '/ws': { target: server, ws: true },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
