(class_definition name: (name) @name) @class
(class_name_statement name: (name) @name) @class
(enum_definition name: (name) @name) @enum
(function_definition name: (name) @name) @function
(signal_statement name: (name) @name) @field
(const_statement name: (name) @name) @constant
(variable_statement name: (name) @name) @field
