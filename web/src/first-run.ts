/** Whether the first run was gone through, or left by choice: then it does not come up by itself again. */
const KEY = 'cloudnap-first-run';

export const firstRun = {
  wasLeft: (): boolean => localStorage.getItem(KEY) !== null,
  leave: (): void => localStorage.setItem(KEY, 'left'),
};
