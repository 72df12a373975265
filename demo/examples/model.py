"""P3 has a model say in a sentence what a report shows: up to twenty reports in one request."""

from collections.abc import Sequence

import httpx

from headway import (
    Batch,
    Call,
    Context,
    Dependency,
    Done,
    Job,
    PermanentError,
    Stage,
    TransientError,
)


class ModelAwayError(TransientError):
    """The model's server does not answer, or has too much to do."""


#: While it is away jobs wait as what they are, and no call is made but one now and then.
MODEL = Dependency("model", opened_by=(ModelAwayError,), failures=3)
#: Statuses by which a server refuses what it was asked, whoever asks and whenever.
ITS_OWN_FAULT = {400, 413, 422}


class Model:
    """Asks for completions; the client says where, and for how long an answer is waited for."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def one(self, job: Job, context: Context) -> Done:
        (answer,) = self.many([Call(job, context)])
        if isinstance(answer, Done):
            return answer
        raise answer

    def many(self, calls: Sequence[Call]) -> Sequence[Done | BaseException]:
        prompts = [f"In one sentence, what does this show? {call.job.title}" for call in calls]
        keys = [call.context.idempotency_key for call in calls]
        sentences = self._complete(prompts, keys)
        return [self._answer(sentence) for sentence in sentences]

    def _complete(self, prompts: list[str], keys: list[str]) -> list[str]:
        asked = {"model": "small", "prompt": prompts, "max_tokens": 60, "metadata": {"keys": keys}}
        try:
            response = self._client.post("/v1/completions", json=asked)
        except httpx.TransportError as error:
            raise ModelAwayError(f"the model does not answer: {error}") from error
        if response.status_code in ITS_OWN_FAULT:
            # Of the whole request, though one prompt is to blame: the runtime finds out which.
            raise PermanentError(f"the model refuses it: {response.text[:200]}")
        if not response.is_success:  # rate limits, a wrong key: no job is to blame
            raise ModelAwayError(f"the model answers {response.status_code}")
        choices = sorted(response.json()["choices"], key=lambda choice: choice["index"])
        return [choice["text"] for choice in choices]

    def _answer(self, sentence: str) -> Done | BaseException:
        if not sentence.strip():
            return TransientError("the model said nothing")  # this job alone is asked again
        return Done({"sentence": sentence.strip()})


def make_stage(client: httpx.Client) -> Stage:
    model, batch = Model(client), Batch(size=20, wait_seconds=2.0)
    return Stage("p3", model.one, dependencies=(MODEL,), handle_many=model.many, batch=batch)
