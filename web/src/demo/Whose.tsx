import { NativeSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Viewer } from './model';
import { viewers } from './people';

/** Whose chooses whose consultations are listed: a doctor's, a patient's, or those of all doctors. */
export function Whose({ viewer, onViewer }: { viewer: Viewer; onViewer: (viewer: Viewer) => void }) {
  const { t } = useTranslation();
  return (
    <NativeSelect
      size="md"
      label={t('demo.viewer.label')}
      value={viewers.value(viewer)}
      data={viewers.data(t)}
      onChange={(event) => onViewer(viewers.of(event.currentTarget.value))}
      data-testid="demo-viewer"
    />
  );
}
