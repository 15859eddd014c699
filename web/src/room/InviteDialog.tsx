import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Refusal } from '../engine/socket';
import type { Role } from '../engine/types';
import { CopyButton } from '../ui/CopyButton';
import { usePresent } from './call-context';
import style from './dialogs.module.css';

const roles: Role[] = ['relative', 'interpreter', 'doctor', 'observer', 'patient'];

/** InviteDialog makes a personal link for one more person. */
export function InviteDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const { call } = usePresent();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('relative');
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState('');
  const [link, setLink] = useState('');

  const close = () => {
    onClose();
    setLink('');
    setName('');
    setFailed('');
  };
  const create = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailed('');
    call
      .invite(role, name.trim())
      .then(({ url }) => setLink(url))
      .catch((error: unknown) =>
        setFailed(error instanceof Refusal && error.code === 'conflict' ? 'people.inviteFull' : 'people.inviteFailed'),
      )
      .finally(() => setBusy(false));
  };

  return (
    <Modal
      opened={opened}
      onClose={close}
      centered
      lockScroll={false}
      radius="lg"
      title={t('people.inviteTitle')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      classNames={{ title: style.title, body: style.body }}
    >
      {link ? (
        <>
          <p className={style.text}>{t('people.linkText', { name: name.trim() || t(`role.${role}`) })}</p>
          <div className={style.link} data-testid="invite-link">
            {link}
          </div>
          <CopyButton text={link} size="lg" />
        </>
      ) : (
        <form className={style.body} onSubmit={create}>
          <p className={style.text}>{t('people.inviteText')}</p>
          <TextInput
            size="md"
            label={t('people.name')}
            placeholder={t('people.namePlaceholder')}
            value={name}
            maxLength={200}
            autoComplete="off"
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NativeSelect
            size="md"
            label={t('people.role')}
            value={role}
            data={roles.map((value) => ({ value, label: t(`noname.${value}`) }))}
            onChange={(event) => setRole(event.currentTarget.value as Role)}
          />
          {failed && (
            <p className={style.failed} role="alert">
              {t(failed)}
            </p>
          )}
          <Button type="submit" size="lg" loading={busy} data-testid="invite-create">
            {t('people.create')}
          </Button>
        </form>
      )}
    </Modal>
  );
}
