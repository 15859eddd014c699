import { createRootRoute, createRoute, createRouter, Navigate, Outlet } from '@tanstack/react-router';
import { Account } from './account/Account';
import { Audit } from './audit/Audit';
import { type AuditFilter, readFilter } from './audit/filter';
import { Claim } from './claim/Claim';
import { Frame } from './Frame';
import { ApiKeys } from './integrations/ApiKeys';
import { Integrations } from './integrations/Integrations';
import { SigningKeys } from './integrations/SigningKeys';
import { WebhookPage } from './integrations/WebhookPage';
import { Webhooks } from './integrations/Webhooks';
import { firstSection } from './may';
import { useMe } from './me';
import { Recordings } from './recordings/Recordings';
import { Sessions } from './sessions/Sessions';
import { Staff } from './staff/Staff';

const root = createRootRoute({ component: Outlet });
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame });
const claim = createRoute({ getParentRoute: () => root, path: '/claim', component: Claim });

/** Start sends everybody to the first section that is theirs. */
function Start() {
  const me = useMe();
  if (!me.data) return null;
  const section = firstSection(me.data);
  return <Navigate to={section ? `/${section}` : '/account'} replace />;
}

const index = createRoute({ getParentRoute: () => frame, path: '/', component: Start });
const sessions = createRoute({ getParentRoute: () => frame, path: '/sessions', component: Sessions });
const recordings = createRoute({ getParentRoute: () => frame, path: '/recordings', component: Recordings });
const staff = createRoute({ getParentRoute: () => frame, path: '/staff', component: Staff });
const account = createRoute({ getParentRoute: () => frame, path: '/account', component: Account });
const audit = createRoute({
  getParentRoute: () => frame,
  path: '/audit',
  component: Audit,
  validateSearch: (search): AuditFilter => readFilter(search),
});

const integrations = createRoute({ getParentRoute: () => frame, path: '/integrations', component: Integrations });
const keysFirst = createRoute({
  getParentRoute: () => integrations,
  path: '/',
  component: () => <Navigate to="/integrations/keys" replace />,
});
const keys = createRoute({ getParentRoute: () => integrations, path: '/keys', component: ApiKeys });
const signing = createRoute({ getParentRoute: () => integrations, path: '/signing', component: SigningKeys });
const webhooks = createRoute({ getParentRoute: () => integrations, path: '/webhooks', component: Webhooks });
const webhook = createRoute({ getParentRoute: () => integrations, path: '/webhooks/$id', component: WebhookPage });

const other = createRoute({ getParentRoute: () => frame, path: '$', component: Start });

export const router = createRouter({
  basepath: '/admin',
  routeTree: root.addChildren([
    claim,
    frame.addChildren([
      index,
      sessions,
      recordings,
      staff,
      account,
      audit,
      integrations.addChildren([keysFirst, keys, signing, webhooks, webhook]),
      other,
    ]),
  ]),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
