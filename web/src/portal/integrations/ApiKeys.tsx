import { Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../api';
import { Fold } from '../parts/Fold';
import parts from '../parts/parts.module.css';
import { Empty, LoadFailed, Waiting } from '../states';
import type { ApiKey, CreatedApiKey, List } from '../wire';
import { ApiKeyRow } from './ApiKeyRow';
import { CreatedKey, NewApiKeyDialog } from './NewApiKey';

export const apiKeysKey = ['apikeys'];
export const apiKeysPath = '/v1/admin/apikeys';

/** ApiKeys lists the keys of all integrations: those that work first, the ended ones folded away. */
export function ApiKeys() {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedApiKey>();
  const list = useQuery({ queryKey: apiKeysKey, queryFn: () => get<List<ApiKey>>(apiKeysPath) });
  const keys = [...(list.data?.items ?? [])].reverse();
  const live = keys.filter(({ state }) => state !== 'revoked');
  const revoked = keys.filter(({ state }) => state === 'revoked');
  const create = (
    <Button leftSection={<IconPlus size={20} />} onClick={() => setCreating(true)} data-testid="key-create">
      {t('portal.integrations.keys.create')}
    </Button>
  );
  return (
    <>
      <header className={parts.head}>
        <div>
          <h2>{t('portal.integrations.tabs.keys')}</h2>
          <p>{t('portal.integrations.keys.lead')}</p>
        </div>
        {keys.length > 0 && create}
      </header>
      {list.isPending && <Waiting />}
      {list.isError && <LoadFailed error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && keys.length === 0 && (
        <Empty
          icon={<IconKey size={40} />}
          title={t('portal.integrations.keys.none')}
          text={t('portal.integrations.keys.noneText')}
          actions={create}
        />
      )}
      <ul className={parts.list}>
        {live.map((key) => (
          <ApiKeyRow key={key.id} apiKey={key} />
        ))}
      </ul>
      {revoked.length > 0 && (
        <Fold summary={t('portal.integrations.keys.showRevoked', { count: revoked.length })}>
          <ul className={parts.list}>
            {revoked.map((key) => (
              <ApiKeyRow key={key.id} apiKey={key} />
            ))}
          </ul>
        </Fold>
      )}
      <NewApiKeyDialog opened={creating} onClose={() => setCreating(false)} onCreated={setCreated} known={keys} />
      <CreatedKey created={created} onClose={() => setCreated(undefined)} />
    </>
  );
}
