import { type ArgumentsHost, Catch, HttpException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';

/**
 * Errors of Express' body parser (too large, not JSON, client gone) are the client's: answered like any other refusal and
 * not logged with a stack trace, or anybody could fill the log.
 */
@Catch()
export class ClientErrorFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    super.catch(isClientError(error) ? refusal(error) : error, host);
  }
}

interface ClientError extends Error {
  status: number;
}

function isClientError(error: unknown): error is ClientError {
  if (!(error instanceof Error) || error instanceof HttpException || !('status' in error)) return false;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}

function refusal({ status, message }: ClientError): HttpException {
  return new HttpException({ message: [message], statusCode: status }, status);
}
