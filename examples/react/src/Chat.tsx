// The official component, pointed at OwFlex.

import type { UseChatKitOptions } from "@openai/chatkit-react";
import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useState } from "react";
import type { Config } from "./service";
import { domainKey, findDocuments, serviceUrl } from "./service";
import type { Theme } from "./theme";
import { VoiceButton } from "./VoiceButton";

interface Props {
  config: Config;
  theme: Theme;
  onThread: (threadId: string | null) => void;
  threadId: string | null;
}

export function Chat({ config, theme, onThread, threadId }: Props) {
  const [problem, setProblem] = useState("");
  const { control, setComposerValue, focusComposer } = useChatKit({
    ...optionsOf(config, theme),
    initialThread: threadId,
    onThreadChange: (event) => onThread(event.threadId),
    onError: ({ error }) => setProblem(error.message),
  });
  const fill = async (text: string) => {
    await setComposerValue({ text });
    await focusComposer();
  };
  return (
    <div className="chat">
      <ChatKit control={control} className="chatkit" />
      {config.dictation && <VoiceButton onText={fill} onProblem={setProblem} />}
      {problem && (
        <p role="alert">
          {problem}{" "}
          <button type="button" onClick={() => setProblem("")}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}

function optionsOf(config: Config, theme: Theme): UseChatKitOptions {
  return {
    api: { url: `${serviceUrl}/chatkit`, domainKey, uploadStrategy: { type: "two_phase" } },
    theme: {
      colorScheme: theme,
      radius: "round",
      color: { accent: { primary: theme === "dark" ? "#7fc4ae" : "#2f6f5e", level: 1 } },
    },
    history: { enabled: true, showDelete: true, showRename: true },
    startScreen: { greeting: config.greeting, prompts: config.prompts },
    threadItemActions: { feedback: true, retry: true },
    thread: { autoScroll: true },
    composer: {
      placeholder: "Ask your documents …",
      dictation: { enabled: config.dictation },
      attachments: {
        enabled: true,
        maxSize: config.attachments.max_bytes,
        maxCount: config.attachments.max_count,
        accept: config.attachments.accept,
      },
      ...(config.models.length > 1 && {
        models: config.models.map((id, place) => ({ id, label: id, default: place === 0 })),
      }),
    },
    ...(config.knowledge?.view && { entities: { onTagSearch: findDocuments, showComposerMenu: true } }),
    disclaimer: { text: "Answers rest on your documents. Look at their sources." },
  };
}
