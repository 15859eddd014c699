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

/** A login may end at any time. Asking anew who we are shows the login page, in the place where we were. */
const askWho = (error: Error, key?: readonly unknown[]) => {
  if (error instanceof ApiError && error.status === 401 && key !== meKey)
    void queries.invalidateQueries({ queryKey: meKey });
};

/** passing tells whether a failure may be gone at the next try: what the server refused it will refuse again. */
const passing = (error: Error) =>
  !(error instanceof ApiError && ((error.status > 0 && error.status < 500) || error.code === 'unclaimed'));

const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => askWho(error, query.queryKey[0] === 'me' ? meKey : undefined),
  }),
  mutationCache: new MutationCache({ onError: (error) => askWho(error) }),
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
