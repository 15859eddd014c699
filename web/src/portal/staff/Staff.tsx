import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../api';
import { useMe } from '../me';
import { Head } from '../parts/Head';
import style from '../parts/parts.module.css';
import { Once, Secret } from '../parts/Secret';
import { LoadFailed, Waiting } from '../states';
import type { List, StaffMember } from '../wire';
import { NewMember } from './NewMember';
import { StaffRow } from './StaffRow';

export const staffKey = ['staff'];
export const staffPath = '/v1/admin/staff';

/** Handed is a password that is shown once. */
export interface Handed {
  login: string;
  password: string;
}

/** Staff lists who works here, makes accounts and changes them. */
export function Staff() {
  const { t } = useTranslation();
  const me = useMe().data;
  const [creating, setCreating] = useState(false);
  const [handed, setHanded] = useState<Handed>();
  const list = useQuery({ queryKey: staffKey, queryFn: () => get<List<StaffMember>>(staffPath) });
  return (
    <>
      <Head title={t('portal.staff.title')}>
        <Button leftSection={<IconPlus size={20} />} onClick={() => setCreating(true)} data-testid="staff-create">
          {t('portal.staff.create')}
        </Button>
      </Head>
      {list.isPending && <Waiting />}
      {list.isError && <LoadFailed error={list.error} retry={() => void list.refetch()} />}
      <ul className={style.list}>
        {list.data?.items.map((member) => (
          <StaffRow key={member.id} member={member} self={member.id === me?.id} onHand={setHanded} />
        ))}
      </ul>
      <NewMember opened={creating} onClose={() => setCreating(false)} onHand={setHanded} />
      <Once
        opened={handed !== undefined}
        onClose={() => setHanded(undefined)}
        title={t('portal.staff.once', { login: handed?.login })}
        text={t('portal.staff.onceText')}
      >
        <Secret label={t('portal.staff.oncePassword')} value={handed?.password ?? ''} testId="staff-password" />
      </Once>
    </>
  );
}
