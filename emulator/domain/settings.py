"""The settings that services read, by name: one constant per variable of the device model."""

from __future__ import annotations

from emulator.domain.variables import Setting

# Communication
HEARTBEAT_INTERVAL = Setting("OCPPCommCtrlr", "HeartbeatInterval")
MESSAGE_TIMEOUT = Setting("OCPPCommCtrlr", "MessageTimeout", "Default")
MESSAGE_ATTEMPTS = Setting("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent")
MESSAGE_ATTEMPT_INTERVAL = Setting("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent")
RETRY_BACK_OFF_REPEAT_TIMES = Setting("OCPPCommCtrlr", "RetryBackOffRepeatTimes")
RETRY_BACK_OFF_RANDOM_RANGE = Setting("OCPPCommCtrlr", "RetryBackOffRandomRange")
RETRY_BACK_OFF_WAIT_MINIMUM = Setting("OCPPCommCtrlr", "RetryBackOffWaitMinimum")
WEB_SOCKET_PING_INTERVAL = Setting("OCPPCommCtrlr", "WebSocketPingInterval")
OFFLINE_THRESHOLD = Setting("OCPPCommCtrlr", "OfflineThreshold")
NETWORK_CONFIGURATION_PRIORITY = Setting("OCPPCommCtrlr", "NetworkConfigurationPriority")
NETWORK_PROFILE_CONNECTION_ATTEMPTS = Setting("OCPPCommCtrlr", "NetworkProfileConnectionAttempts")
ACTIVE_NETWORK_PROFILE = Setting("OCPPCommCtrlr", "ActiveNetworkProfile")
QUEUE_ALL_MESSAGES = Setting("OCPPCommCtrlr", "QueueAllMessages")
RESET_RETRIES = Setting("OCPPCommCtrlr", "ResetRetries")
UNLOCK_ON_EV_SIDE_DISCONNECT = Setting("OCPPCommCtrlr", "UnlockOnEVSideDisconnect")
FILE_TRANSFER_PROTOCOLS = Setting("OCPPCommCtrlr", "FileTransferProtocols")

# Transactions
TX_START_POINT = Setting("TxCtrlr", "TxStartPoint")
TX_STOP_POINT = Setting("TxCtrlr", "TxStopPoint")
EV_CONNECTION_TIME_OUT = Setting("TxCtrlr", "EVConnectionTimeOut")
STOP_TX_ON_INVALID_ID = Setting("TxCtrlr", "StopTxOnInvalidId")
STOP_TX_ON_EV_SIDE_DISCONNECT = Setting("TxCtrlr", "StopTxOnEVSideDisconnect")
MAX_ENERGY_ON_INVALID_ID = Setting("TxCtrlr", "MaxEnergyOnInvalidId")
TX_BEFORE_ACCEPTED_ENABLED = Setting("TxCtrlr", "TxBeforeAcceptedEnabled")

# Authorization
AUTH_ENABLED = Setting("AuthCtrlr", "Enabled")
AUTHORIZE_REMOTE_START = Setting("AuthCtrlr", "AuthorizeRemoteStart")
LOCAL_AUTHORIZE_OFFLINE = Setting("AuthCtrlr", "LocalAuthorizeOffline")
LOCAL_PRE_AUTHORIZE = Setting("AuthCtrlr", "LocalPreAuthorize")
OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED = Setting("AuthCtrlr", "OfflineTxForUnknownIdEnabled")
DISABLE_REMOTE_AUTHORIZATION = Setting("AuthCtrlr", "DisableRemoteAuthorization")
MASTER_PASS_GROUP_ID = Setting("AuthCtrlr", "MasterPassGroupId")
AUTH_CACHE_ENABLED = Setting("AuthCacheCtrlr", "Enabled")
AUTH_CACHE_LIFE_TIME = Setting("AuthCacheCtrlr", "LifeTime")
AUTH_CACHE_POLICY = Setting("AuthCacheCtrlr", "Policy")
AUTH_CACHE_DISABLE_POST_AUTHORIZE = Setting("AuthCacheCtrlr", "DisablePostAuthorize")
LOCAL_AUTH_LIST_ENABLED = Setting("LocalAuthListCtrlr", "Enabled")
LOCAL_AUTH_LIST_ENTRIES = Setting("LocalAuthListCtrlr", "Entries")
LOCAL_AUTH_LIST_ITEMS_PER_MESSAGE = Setting("LocalAuthListCtrlr", "ItemsPerMessage")

# Reservation
RESERVATION_ENABLED = Setting("ReservationCtrlr", "Enabled")
RESERVATION_NON_EVSE_SPECIFIC = Setting("ReservationCtrlr", "NonEvseSpecific")

# Metering
SAMPLED_DATA_ENABLED = Setting("SampledDataCtrlr", "Enabled")
TX_STARTED_MEASURANDS = Setting("SampledDataCtrlr", "TxStartedMeasurands")
TX_UPDATED_MEASURANDS = Setting("SampledDataCtrlr", "TxUpdatedMeasurands")
TX_UPDATED_INTERVAL = Setting("SampledDataCtrlr", "TxUpdatedInterval")
TX_ENDED_MEASURANDS = Setting("SampledDataCtrlr", "TxEndedMeasurands")
TX_ENDED_INTERVAL = Setting("SampledDataCtrlr", "TxEndedInterval")
REGISTER_VALUES_WITHOUT_PHASES = Setting("SampledDataCtrlr", "RegisterValuesWithoutPhases")
ALIGNED_DATA_ENABLED = Setting("AlignedDataCtrlr", "Enabled")
ALIGNED_MEASURANDS = Setting("AlignedDataCtrlr", "Measurands")
ALIGNED_INTERVAL = Setting("AlignedDataCtrlr", "Interval")
ALIGNED_SEND_DURING_IDLE = Setting("AlignedDataCtrlr", "SendDuringIdle")
ALIGNED_TX_ENDED_MEASURANDS = Setting("AlignedDataCtrlr", "TxEndedMeasurands")
# A transaction's own values for its end are thinned beyond this: every second one goes.
MAXIMUM_ENDED_VALUES = Setting("CoreProfileCtrlr", "StopTransactionMaxMeterValues")
ALIGNED_TX_ENDED_INTERVAL = Setting("AlignedDataCtrlr", "TxEndedInterval")

# Smart charging
PROFILE_STACK_LEVEL = Setting("SmartChargingCtrlr", "ProfileStackLevel")
RATE_UNIT = Setting("SmartChargingCtrlr", "RateUnit")
PERIODS_PER_SCHEDULE = Setting("SmartChargingCtrlr", "PeriodsPerSchedule")
PHASES_3_TO_1 = Setting("SmartChargingCtrlr", "Phases3to1")
CHARGING_PROFILE_ENTRIES = Setting("SmartChargingCtrlr", "Entries", "ChargingProfiles")

# Device data
ITEMS_PER_MESSAGE_GET_VARIABLES = Setting("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables")
ITEMS_PER_MESSAGE_SET_VARIABLES = Setting("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables")
ITEMS_PER_MESSAGE_GET_REPORT = Setting("DeviceDataCtrlr", "ItemsPerMessage", "GetReport")
BYTES_PER_MESSAGE_GET_VARIABLES = Setting("DeviceDataCtrlr", "BytesPerMessage", "GetVariables")
BYTES_PER_MESSAGE_SET_VARIABLES = Setting("DeviceDataCtrlr", "BytesPerMessage", "SetVariables")
BYTES_PER_MESSAGE_GET_REPORT = Setting("DeviceDataCtrlr", "BytesPerMessage", "GetReport")
CONFIGURATION_VALUE_SIZE = Setting("DeviceDataCtrlr", "ConfigurationValueSize")
REPORTING_VALUE_SIZE = Setting("DeviceDataCtrlr", "ReportingValueSize")

# Station
MINIMUM_STATUS_DURATION = Setting("ChargingStation", "MinimumStatusDuration")
TIME_SOURCE = Setting("ClockCtrlr", "TimeSource")

# Security
BASIC_AUTH_PASSWORD = Setting("SecurityCtrlr", "BasicAuthPassword")
IDENTITY = Setting("SecurityCtrlr", "Identity")
SECURITY_PROFILE = Setting("SecurityCtrlr", "SecurityProfile")
ORGANIZATION_NAME = Setting("SecurityCtrlr", "OrganizationName")
