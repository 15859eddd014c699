import { Button, Checkbox } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../../ui/CopyButton';
import { Dialog } from '../../ui/Dialog';
import parts from '../parts/parts.module.css';
import style from './Codes.module.css';

/** Codes shows new recovery codes, once: to copy, to download, and to be confirmed before they are gone. */
export function Codes({ login, codes, onClose }: { login: string; codes: string[]; onClose: () => void }) {
  const { t } = useTranslation();
  const [saved, setSaved] = useState(false);
  const close = () => {
    setSaved(false);
    onClose();
  };
  const download = () => {
    const text = `${t('portal.account.fileHead', { login })}\n\n${codes.join('\n')}\n`;
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = t('portal.account.fileName');
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <Dialog opened={codes.length > 0} onClose={close} title={t('portal.account.recovery')} dismissable={false}>
      <p>{t('portal.account.recoveryText')}</p>
      <ul className={style.codes} data-testid="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className={parts.actions}>
        <CopyButton text={codes.join('\n')} label={t('portal.account.copyCodes')} />
        <Button
          variant="default"
          size="md"
          leftSection={<IconDownload size={20} />}
          onClick={download}
          data-testid="recovery-download"
        >
          {t('portal.account.download')}
        </Button>
      </div>
      <Checkbox
        size="md"
        label={t('portal.account.saved')}
        checked={saved}
        onChange={(event) => setSaved(event.currentTarget.checked)}
        data-testid="recovery-saved"
      />
      <Button size="md" disabled={!saved} onClick={close} data-testid="recovery-close">
        {t('portal.done')}
      </Button>
    </Dialog>
  );
}
