import '@mantine/core/styles/PasswordInput.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { show } from '../ui/Provider';
import { ApiError } from './api';
import { router } from './router';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused it will refuse again.
      retry: (count, error) => !(error instanceof ApiError && error.status < 500) && count < 2,
      staleTime: 5_000,
    },
  },
});

show(
  <QueryClientProvider client={queries}>
    <RouterProvider router={router} />
  </QueryClientProvider>,
);
