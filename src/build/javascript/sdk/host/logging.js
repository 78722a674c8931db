import { logError, logInfo, logWarn } from 'alga:extension/logging';
import { later } from 'alga-ext:sdk/host/bindings';

export const logging = {
  info: later((message) => logInfo(String(message))),
  warn: later((message) => logWarn(String(message))),
  error: later((message) => logError(String(message))),
};
