import { createRootRoute, createRoute, createRouter, Outlet, redirect } from '@tanstack/react-router';
import { Frame } from './Frame';
import { Recordings } from './recordings/Recordings';
import { Sessions } from './sessions/Sessions';

const root = createRootRoute({ component: Outlet });
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame });

const index = createRoute({
  getParentRoute: () => frame,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/recordings' });
  },
});
const recordings = createRoute({ getParentRoute: () => frame, path: '/recordings', component: Recordings });
const sessions = createRoute({ getParentRoute: () => frame, path: '/sessions', component: Sessions });
const other = createRoute({
  getParentRoute: () => frame,
  path: '$',
  beforeLoad: () => {
    throw redirect({ to: '/recordings' });
  },
});

export const router = createRouter({
  basepath: '/admin',
  routeTree: root.addChildren([frame.addChildren([index, recordings, sessions, other])]),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
