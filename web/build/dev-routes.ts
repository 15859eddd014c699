import type { Plugin } from 'vite';

/** Which page answers a path, as embed.go has it. */
const routes: [RegExp, string][] = [
  [/^\/j\//, '/room.html'],
  [/^\/admin(\/|$)/, '/portal.html'],
  [/^\/demo$/, '/demo.html'],
];

/** devRoutes gives `npm run dev` the same addresses as the server. */
export function devRoutes(): Plugin {
  return {
    name: 'dev-routes',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = (request.url ?? '').split('?')[0] ?? '';
        const page = routes.find(([pattern]) => pattern.test(path))?.[1];
        if (page) request.url = page;
        next();
      });
    },
  };
}
