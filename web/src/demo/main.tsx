import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { show } from '../ui/Provider';
import { Demo } from './Demo';

show(
  <QueryClientProvider client={new QueryClient()}>
    <Demo />
  </QueryClientProvider>,
);
