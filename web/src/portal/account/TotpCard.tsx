import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { send } from '../api';
import { meKey } from '../me';
import style from '../parts/parts.module.css';
import { Tag } from '../parts/Tag';
import type { Me, RecoveryCodes } from '../wire';
import { Codes } from './Codes';
import { Enrol } from './Enrol';
import { Prove } from './Prove';

type Asking = 'enrol' | 'disable' | 'recovery';

/** Below this many recovery codes a person is told to make new ones. */
const fewCodes = 4;

/** TotpCard turns the second factor on and off, and makes new recovery codes. */
export function TotpCard({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [asking, setAsking] = useState<Asking>();
  const [codes, setCodes] = useState<string[]>([]);
  const changed = () => {
    void queries.invalidateQueries({ queryKey: meKey });
    void queries.invalidateQueries({ queryKey: ['account', 'sessions'] });
  };
  const close = () => setAsking(undefined);
  const show = ({ recoveryCodes }: RecoveryCodes) => {
    close();
    setCodes(recoveryCodes);
    changed();
  };
  const few = me.totp && me.recoveryLeft < fewCodes;
  return (
    <section className={style.card} aria-labelledby="totp-title">
      <div className={style.cardHead}>
        <div>
          <h2 id="totp-title">{t('portal.account.totp')}</h2>
          <p className={style.lead}>
            {me.totp ? t('portal.account.totpOnText', { count: me.recoveryLeft }) : t('portal.account.totpOffText')}
          </p>
        </div>
        <span data-testid="totp-state" data-on={me.totp}>
          <Tag tone={me.totp ? 'good' : 'warn'}>{t(me.totp ? 'portal.account.totpOn' : 'portal.account.totpOff')}</Tag>
        </span>
      </div>
      {few && (
        <p className={style.note} data-tone="warn">
          {t('portal.account.totpFew')}
        </p>
      )}
      <div className={style.cardActions}>
        {me.totp ? (
          <>
            <Button variant="default" onClick={() => setAsking('recovery')} data-testid="recovery-new">
              {t('portal.account.recoveryNew')}
            </Button>
            <Button variant="default" onClick={() => setAsking('disable')} data-testid="totp-disable">
              {t('portal.account.disable')}
            </Button>
          </>
        ) : (
          <Button onClick={() => setAsking('enrol')} data-testid="totp-enable">
            {t('portal.account.enable')}
          </Button>
        )}
      </div>
      <Dialog opened={asking === 'enrol'} onClose={close} title={t('portal.account.totp')} wide>
        <Enrol login={me.login} onClose={close} onDone={show} />
      </Dialog>
      <Dialog opened={asking === 'recovery'} onClose={close} title={t('portal.account.recoveryNew')}>
        <Prove
          text={t('portal.account.recoveryNewText')}
          submit={t('portal.account.recoveryNew')}
          act={(proof) => send<RecoveryCodes>('POST', '/v1/admin/account/recovery', proof)}
          onDone={show}
          onClose={close}
        />
      </Dialog>
      <Dialog opened={asking === 'disable'} onClose={close} title={t('portal.account.disableTitle')}>
        <Prove
          text={t('portal.account.disableText')}
          submit={t('portal.account.disable')}
          danger
          act={(proof) => send('POST', '/v1/admin/account/totp/disable', proof)}
          onDone={() => {
            close();
            changed();
          }}
          onClose={close}
        />
      </Dialog>
      <Codes login={me.login} codes={codes} onClose={() => setCodes([])} />
    </section>
  );
}
