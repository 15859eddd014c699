import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { en } from '../text/demo/en';
import { ru } from '../text/demo/ru';
import { show } from '../ui/Provider';
import { Demo } from './Demo';
import { Refused } from './rest';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused it will refuse again.
      retry: (count, error) => !(error instanceof Refused && error.problem.status < 500) && count < 2,
    },
  },
});

show(
  <QueryClientProvider client={queries}>
    <Demo />
  </QueryClientProvider>,
  { ru, en },
);
