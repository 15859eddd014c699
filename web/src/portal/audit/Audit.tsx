import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { get, query } from '../api';
import { Head } from '../parts/Head';
import { More } from '../parts/More';
import { Empty, LoadFailed, Waiting } from '../states';
import type { AuditPage } from '../wire';
import style from './Audit.module.css';
import { Chain } from './Chain';
import { EntryRow } from './EntryRow';
import { Filters } from './Filters';
import { type AuditFilter, forServer } from './filter';

/** Audit shows who did what, newest first, and whether the chain of entries is whole. */
export function Audit() {
  const { t } = useTranslation();
  const filter = useSearch({ from: '/frame/audit' });
  const navigate = useNavigate();
  const narrow = (next: AuditFilter) => void navigate({ to: '/audit', search: next });
  const pages = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) =>
      get<AuditPage>(`/v1/admin/audit${query({ ...forServer(filter), limit: 50, cursor: pageParam })}`),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });
  const entries = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Head title={t('portal.audit.title')} text={t('portal.audit.lead')} />
      <Chain />
      <Filters filter={filter} onChange={narrow} />
      {pages.isPending && <Waiting />}
      {pages.isError && <LoadFailed error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isSuccess && entries.length === 0 && (
        <Empty icon={<IconHistory size={40} />} title={t('portal.audit.none')} text={t('portal.audit.noneText')} />
      )}
      {entries.length > 0 && (
        <ul className={style.entries}>
          {entries.map((entry) => (
            <EntryRow key={entry.id} entry={entry} onNarrow={(by) => narrow({ ...filter, ...by })} />
          ))}
        </ul>
      )}
      <More of={pages} testId="audit-more" />
    </>
  );
}
