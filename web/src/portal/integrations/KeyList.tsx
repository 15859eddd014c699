import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Fold } from '../parts/Fold';
import parts from '../parts/parts.module.css';
import { Empty, LoadFailed, Waiting } from '../states';
import type { List } from '../wire';

interface KeyListProps<K> {
  /** the kind of keys, as words and test ids name it */
  kind: 'keys' | 'signing';
  list: UseQueryResult<List<K>>;
  icon: ReactNode;
  onCreate: () => void;
  createTestId: string;
  row: (key: K) => ReactNode;
}

/** KeyList shows keys of one kind, the newest first: those that work, and the ended ones folded away. */
export function KeyList<K extends { id: string; revokedAt?: string }>(props: KeyListProps<K>) {
  const { kind, list, icon, onCreate, createTestId, row } = props;
  const { t } = useTranslation();
  const keys = [...(list.data?.items ?? [])].reverse();
  const revoked = keys.filter((key) => key.revokedAt);
  const create = (
    <Button leftSection={<IconPlus size={20} />} onClick={onCreate} data-testid={createTestId}>
      {t(`portal.integrations.${kind}.create`)}
    </Button>
  );
  return (
    <>
      <header className={parts.head}>
        <div>
          <h2>{t(`portal.integrations.tabs.${kind}`)}</h2>
          <p>{t(`portal.integrations.${kind}.lead`)}</p>
        </div>
        {keys.length > 0 && create}
      </header>
      {list.isPending && <Waiting />}
      {list.isError && <LoadFailed error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && keys.length === 0 && (
        <Empty
          icon={icon}
          title={t(`portal.integrations.${kind}.none`)}
          text={t(`portal.integrations.${kind}.noneText`)}
          actions={create}
        />
      )}
      <ul className={parts.list}>{keys.filter((key) => !key.revokedAt).map(row)}</ul>
      {revoked.length > 0 && (
        <Fold summary={t('portal.integrations.keys.showRevoked', { count: revoked.length })}>
          <ul className={parts.list}>{revoked.map(row)}</ul>
        </Fold>
      )}
    </>
  );
}
