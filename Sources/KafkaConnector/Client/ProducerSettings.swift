internal import CRdKafka
internal import Connectors

/// What all producers of the engine have in common.
enum ProducerSettings {
  static func make(_ configuration: ClientConfiguration, place: String) throws(ConnectorError)
    -> ClientSettings
  {
    // Defaults that `config:` may override come first.
    var defaults = configuration
    let own = [
      "linger.ms": "1",
      // Memory for what is on its way, and with it how far a slow broker is run ahead of.
      "queue.buffering.max.kbytes": "65536",
    ]
    let synonyms = ["linger.ms": "queue.buffering.max.ms"]
    for (key, value) in own where defaults.entries[key] == nil {
      if let synonym = synonyms[key], defaults.entries[synonym] != nil { continue }
      defaults.entries[key] = value
    }
    let settings = try ClientSettings(defaults, place: place)
    try settings.set("enable.idempotence", "true")
    try settings.set("partitioner", "murmur2_random")
    settings.configure { rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_DR) }
    return settings
  }
}
