import { defineConfig } from 'vite';

const backend = 'http://localhost:3000';

export default defineConfig({
  build: {
    target: 'es2022',
    // The Content-Security-Policy allows files of this origin only, and so no data: addresses.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: {
      '/api': backend,
      '/socket.io': { target: backend, ws: true },
    },
  },
});
