import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../engine/constraints';
import { useDevices, usePresent } from './call-context';
import style from './ProblemHelp.module.css';
import { platform } from './platform';

/** ProblemHelp says in plain words what is wrong with camera or microphone on this kind of device, and what to press. */
export function ProblemHelp() {
  const { t } = useTranslation();
  const { devices } = usePresent().call;
  const { problems, status } = useDevices();
  const kinds = (['camera', 'mic'] as const).filter((kind) => problems[kind]);
  if (kinds.length === 0 || status === 'asking') return null;
  const causes = [...new Set(kinds.map((kind) => problems[kind] as Problem))];
  return (
    <section className={style.help} role="alert" data-testid="device-problem" data-code={causes.join(' ')}>
      <IconAlertTriangle size={26} aria-hidden="true" />
      <div>
        {kinds.map((kind) => (
          <strong key={kind} className={style.what}>
            {t(`problem.${kind}.${problems[kind]}`)}
          </strong>
        ))}
        {causes.map((cause) => (
          <p key={cause}>{t(cause === 'denied' ? `problem.help.denied.${platform()}` : `problem.help.${cause}`)}</p>
        ))}
        <Button variant="default" onClick={() => void devices.start()}>
          {t('common.retry')}
        </Button>
      </div>
    </section>
  );
}
