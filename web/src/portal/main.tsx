import '@mantine/core/styles/InlineInput.css';
import '@mantine/core/styles/Checkbox.css';
import '@mantine/core/styles/Radio.css';
import '@mantine/core/styles/PasswordInput.css';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { en } from '../text/portal/en';
import { ru } from '../text/portal/ru';
import { show } from '../ui/Provider';
import './portal.css';
import { ApiError } from './api';
import { meKey } from './me';
import { router } from './router';

/**
 * A login may end at any time. Asking anew who we are shows the login page, in the place where we were. Where nobody is logged in, or
 * a password was asked for and wrong, nothing changes.
 */
const askWho = (error: Error) => {
  const loggedIn = queries.getQueryState(meKey)?.status === 'success';
  if (loggedIn && error instanceof ApiError && error.status === 401)
    void queries.invalidateQueries({ queryKey: meKey, exact: true });
};

/** passing tells whether a failure may be gone at the next try: what the server refused it will refuse again. */
const passing = (error: Error) =>
  !(error instanceof ApiError && ((error.status > 0 && error.status < 500) || error.code === 'unclaimed'));

const queries = new QueryClient({
  queryCache: new QueryCache({ onError: askWho }),
  mutationCache: new MutationCache({ onError: askWho }),
  defaultOptions: {
    queries: {
      retry: (count, error) => passing(error) && count < 2,
      staleTime: 5_000,
    },
  },
});

show(
  <QueryClientProvider client={queries}>
    <RouterProvider router={router} />
  </QueryClientProvider>,
  { ru, en },
);
