import { Button } from '@mantine/core';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

interface MoreProps {
  of: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>;
  testId?: string;
}

/** More reads the next page of a list, where there is one. */
export function More({ of, testId }: MoreProps) {
  const { t } = useTranslation();
  if (!of.hasNextPage) return null;
  return (
    <Button
      variant="default"
      size="md"
      loading={of.isFetchingNextPage}
      onClick={() => void of.fetchNextPage()}
      data-testid={testId}
    >
      {t('portal.more')}
    </Button>
  );
}
