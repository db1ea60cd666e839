export { isEmulated } from '@tare/results';
