import { IconKey } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../api';
import type { ApiKey, CreatedApiKey, List } from '../wire';
import { ApiKeyRow } from './ApiKeyRow';
import { KeyList } from './KeyList';
import { CreatedKey, NewApiKeyDialog } from './NewApiKey';

export const apiKeysKey = ['apikeys'];
export const apiKeysPath = '/v1/admin/apikeys';

/** ApiKeys lists the keys of all integrations. */
export function ApiKeys() {
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedApiKey>();
  const list = useQuery({ queryKey: apiKeysKey, queryFn: () => get<List<ApiKey>>(apiKeysPath) });
  return (
    <>
      <KeyList
        kind="keys"
        list={list}
        icon={<IconKey size={40} />}
        onCreate={() => setCreating(true)}
        createTestId="key-create"
        row={(key) => <ApiKeyRow key={key.id} apiKey={key} />}
      />
      <NewApiKeyDialog
        opened={creating}
        onClose={() => setCreating(false)}
        onCreated={setCreated}
        known={list.data?.items ?? []}
      />
      <CreatedKey created={created} onClose={() => setCreated(undefined)} />
    </>
  );
}
